"""Sentences as vectors: any BERT-class ONNX folder, and the English one this project builds from a wheel."""
