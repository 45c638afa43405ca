"""Pictures made by another codec than ours: Pillow 13.0. Run in this folder: python make.py

Left half cyan-ish (0, 160, 200), right half orange (240, 120, 0), 48 x 32 px.
"""

from PIL import Image
import numpy as np

LEFT, RIGHT = (0, 160, 200), (240, 120, 0)

rgb = Image.new("RGB", (48, 32), LEFT)
rgb.paste(RIGHT, (24, 0, 48, 32))

# Without a profile: C = 255 - R and so on, no black. Pillow writes Adobe's inverted form with its marker.
cmyk = Image.merge("CMYK", [*(channel.point(lambda v: 255 - v) for channel in rgb.split()), Image.new("L", rgb.size, 0)])
cmyk.save("cmyk.jpg", quality=95)

exif = Image.Exif()
exif[0x0112] = 6
rgb.save("orientation-6.jpg", quality=95, exif=exif)
rgb.save("photo.avif", quality=95)
rgb.save("photo.webp", lossless=True)
rgb.save("palette.gif")
rgb.convert("P", palette=Image.Palette.ADAPTIVE).save("palette.png", transparency=None)
gray16 = Image.fromarray((np.array(rgb.convert("L"), dtype=np.uint16) * 257))
gray16.save("gray-16.png")
