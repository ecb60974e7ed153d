"""JPEGs of every kind, whole and damaged, decoded by Pillow and by libjpeg alone (`reference.c`), and compared."""
