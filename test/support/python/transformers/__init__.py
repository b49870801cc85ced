"""Stands for transformers: the one class that the export of MedImageInsight takes from it."""

from madeVocabularies import save_byte_pairs


class CLIPTokenizerFast:
    @classmethod
    def from_pretrained(cls, folder):
        return cls()

    def save_pretrained(self, folder):
        save_byte_pairs(folder)
