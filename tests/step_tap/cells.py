"""Run by test_notebook.py: cells of a notebook that are interrupted where no call is guarded. Prints a line of JSON."""

import json
import sys

CELLS = """
import keras, kescape
from tests.support.falling_weight import falling_weight, fit
model, recorder = falling_weight(), kescape.RunRecorder(FOLDER)
sgdr = kescape.SGDR(t_0=1)

def reset_metrics(calls=iter(range(9)), reset=model.reset_metrics):
    if next(calls) == 2:
        raise KeyboardInterrupt  # between two epochs, in Keras' own hands
    reset()
vars(model)["reset_metrics"] = reset_metrics
#%%
fit(model, [recorder, sgdr], epochs=5)
#%%
import sys
run = kescape.open_run(recorder.folder)
found = [str(run.status), run.steps, float(model.optimizer.learning_rate.numpy()), sys.last_type.__name__]
#%%
history = fit(model, [kescape.SGDR(t_0=1), kescape.RunRecorder(FOLDER)], epochs=1)
#%%
found.append(str(kescape.open_run(FOLDER + "-2").status))
"""


def main() -> None:
    from IPython.core.interactiveshell import InteractiveShell  # not where only doctests are looked for

    shell = InteractiveShell.instance()
    shell.user_ns["FOLDER"] = sys.argv[1]
    kinds = []
    for cell in CELLS.split("#%%"):
        result = shell.run_cell(cell)
        kinds.append(type(result.error_in_exec).__name__)
    print(json.dumps([shell.user_ns["found"], kinds]))


if __name__ == "__main__":
    main()
