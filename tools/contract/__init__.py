"""Schemas, AsyncAPI document and examples, generated from the models."""
