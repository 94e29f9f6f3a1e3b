"""Decoding of untrusted pictures in a confined process."""

from edge.imaging.decoder import Decoder
from edge.imaging.header import PHOTOGRAPH, PORTRAIT, Limits

__all__ = ["PHOTOGRAPH", "PORTRAIT", "Decoder", "Limits"]
