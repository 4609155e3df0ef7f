"""Trained models as files."""

from ctre.persistence.model_file import (
    MODEL_FILE,
    SavedModel,
    encode_model,
    load_model,
    model_path,
    save_model,
)

__all__ = ["MODEL_FILE", "SavedModel", "encode_model", "load_model", "model_path", "save_model"]
