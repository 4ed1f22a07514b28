"""The data sets known by name, as plain facts: a form needs neither Keras nor scikit-learn to show them.

The arrays come from `kescape.data.load`; a small picture of each from `kescape.data.preview`. What is known of a user's
own file is found by `kescape.data.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DATASETS", "Dataset", "split_rows"]


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set before it is loaded."""

    name: str
    """As written in a configuration, for example ``"spirals"``."""
    title: str
    """As shown to people, for example ``"Two spirals"``."""
    rows: int
    """All rows, those of the validation part too."""
    shape: tuple[int, ...]
    """Shape of one input, without the batch: ``(2,)`` for points, ``(8, 8, 1)`` for images."""
    class_names: tuple[str, ...]
    """In the order of the class numbers."""
    description: str
    validation_rows: int | None = None
    """Rows of the validation part, where the data set brings one along."""
    download: bool = False
    """True if Keras fetches it from the network when it is first used."""

    @property
    def classes(self) -> int:
        """How many classes are told apart."""
        return len(self.class_names)

    @property
    def has_images(self) -> bool:
        """True if one input is an image of shape (height, width, channels)."""
        return len(self.shape) == 3


_DIGITS = tuple("0123456789")

_CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_CIFAR100 = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish",
    "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
    "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
    "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
)  # fmt: skip

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "spirals",
            "Two spirals",
            rows=2_000,
            shape=(2,),
            class_names=("first arm", "second arm"),
            description="Two arms wound around each other; hard to separate, so restarts show.",
        ),
        Dataset(
            "moons",
            "Two moons",
            rows=1_000,
            shape=(2,),
            class_names=("upper", "lower"),
            description="Two half circles that hook into each other; learned within seconds.",
        ),
        Dataset(
            "xor",
            "XOR",
            rows=800,
            shape=(2,),
            class_names=("same sign", "opposite signs"),
            description="Four squares, opposite ones alike; no straight line separates them.",
        ),
        Dataset(
            "digits",
            "Digits",
            rows=1_797,
            shape=(8, 8, 1),
            class_names=_DIGITS,
            description="Handwritten digits as 8 by 8 grey images.",
        ),
        Dataset(
            "wine",
            "Wine",
            rows=178,
            shape=(13,),
            class_names=("class_0", "class_1", "class_2"),
            description="Thirteen chemical measurements of wines from three growers.",
        ),
        Dataset(
            "breast_cancer",
            "Breast cancer",
            rows=569,
            shape=(30,),
            class_names=("malignant", "benign"),
            description="Thirty measurements of cell nuclei, benign or malignant.",
        ),
        Dataset(
            "mnist",
            "MNIST",
            rows=70_000,
            shape=(28, 28, 1),
            class_names=_DIGITS,
            description="Handwritten digits as 28 by 28 grey images.",
            validation_rows=10_000,
            download=True,
        ),
        Dataset(
            "fashion_mnist",
            "Fashion-MNIST",
            rows=70_000,
            shape=(28, 28, 1),
            class_names=_CLOTHES,
            description="Clothes as 28 by 28 grey images.",
            validation_rows=10_000,
            download=True,
        ),
        Dataset(
            "cifar10",
            "CIFAR-10",
            rows=60_000,
            shape=(32, 32, 3),
            class_names=_CIFAR10,
            description="Animals and vehicles as 32 by 32 colour images.",
            validation_rows=10_000,
            download=True,
        ),
        Dataset(
            "cifar100",
            "CIFAR-100",
            rows=60_000,
            shape=(32, 32, 3),
            class_names=_CIFAR100,
            description="Things of a hundred kinds as 32 by 32 colour images.",
            validation_rows=10_000,
            download=True,
        ),
    )
}
"""Every data set that has a name, in the order in which they are offered: first what KEscape brings along."""


def split_rows(rows: int, validation_fraction: float) -> tuple[int, int]:
    """How many rows are trained on and how many are held out.

    Example:
        >>> split_rows(1797, 0.2)
        (1438, 359)
    """
    held_out = round(rows * validation_fraction)
    return rows - held_out, held_out
