"""Data to train on: sets that have a name (`catalogue`), and files and folders of the user's (`user_*`).

`facts` says what is known before anything is trained, `load` splits and scales, `preprocessing` keeps how. No Keras:
sets that it downloads are loaded by `kescape.engine.load_data`.
"""
