"""A place of one's own on servers that belong to others: made empty, used alone, and dropped at the end."""

from proving.places.naming import Kind, Name
from proving.places.place import Given, Place, own_place
from proving.places.refusal import PlaceLeft, PlaceRefused

__all__ = ["Given", "Kind", "Name", "Place", "PlaceLeft", "PlaceRefused", "own_place"]
