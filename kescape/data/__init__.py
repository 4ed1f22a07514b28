"""The data sets KEscape brings along: what they are (`catalogue`), how they are loaded (`load`)."""
