"""The models KEscape brings along: what they need (`catalogue`), how they are built (`build`)."""
