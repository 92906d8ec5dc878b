"""Pictures one after the other, written into a file: GIF by ourselves, WebP and MP4 by PyAV."""
