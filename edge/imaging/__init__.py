"""Decoding of untrusted pictures in a confined process."""

from edge.imaging.decoder import Decoder

__all__ = ["Decoder"]
