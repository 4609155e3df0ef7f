"""The study that settles the default of `SparseMLPClassifier`; README.md says what it found."""
