"""What one backend alone has is collected there alone."""

import keras

collect_ignore = [] if keras.backend.backend() == "jax" else ["test_on_jax.py"]
