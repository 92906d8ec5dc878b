"""Pictures one after the other, written into a file: GIF and WebP by Pillow, MP4 by PyAV."""
