"""What `siblings` relies on in Keras; if Keras changes, these say so."""

import keras

from kescape.callbacks import siblings
from tests.support.falling_weight import falling_weight, fit


class Asks(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.found = siblings.callback_list()
        self.neighbours = siblings.neighbours(self)


def test_keras_calls_hooks_from_a_callback_list_that_holds_all_callbacks():
    """The frame that calls a hook belongs to a `CallbackList` whose public `callbacks` are the fit's."""
    asks, other = Asks(), keras.callbacks.LambdaCallback()

    fit(falling_weight(), [asks, other])

    assert isinstance(asks.found, keras.callbacks.CallbackList)
    assert asks in asks.found.callbacks
    assert other in asks.neighbours
    assert asks not in asks.neighbours


def test_a_hook_called_by_hand_has_no_neighbours():
    """Outside a fit there is no list, and nothing to fail on."""
    asks = Asks()

    asks.on_train_begin()

    assert asks.found is None
    assert asks.neighbours == []


def test_callbacks_can_be_moved_to_either_end():
    """Keras calls the hooks in the order of the list, so that the first adds to the logs what all others read."""
    order = []

    class Notes(keras.callbacks.Callback):
        def __init__(self, name, move=None):
            super().__init__()
            self.name, self.move = name, move

        def set_model(self, model):
            super().set_model(model)
            if self.move is not None:
                self.move(self)

        def on_epoch_end(self, epoch, logs=None):
            order.append(self.name)

    fit(falling_weight(), [Notes("a", siblings.move_to_back), Notes("b"), Notes("c", siblings.move_to_front)])

    assert order == ["c", "b", "a"]
