"""JPEGs of every chroma subsampling: OpenCV 4 (libjpeg-turbo). Run in this folder: python make-subsampled.py

The colours of make.py, 48 x 32 px.
"""

import cv2
import numpy as np

bgr = np.empty((32, 48, 3), np.uint8)
bgr[:, :24] = (200, 160, 0)
bgr[:, 24:] = (0, 120, 240)
for name, factor in {"422": 0x211111, "440": 0x121111, "411": 0x411111}.items():
    cv2.imwrite(f"chroma-{name}.jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor])
