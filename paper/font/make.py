#!/usr/bin/python3
"""Makes report.ttf: see README.md. Usage: make.py DroidSansFallbackFull.ttf Roboto-Regular.ttf report.ttf"""

import sys

from fontTools import merge, subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

# Letters, punctuation, currency, units, arithmetic, circled figures, frames,
# kana, squared units, full width forms.
RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x2000, 0x20BF), (0x2100, 0x22FF), (0x2460, 0x257F), (0x25A0, 0x25FF),
    (0x3000, 0x30FF), (0x3200, 0x33FF), (0xFF00, 0xFFEF),
]
DROP = ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "gasp", "LTSH", "hdmx", "VDMX", "kern", "DSIG", "JSTF"]


def wanted():
    out = {c for a, b in RANGES for c in range(a, b + 1)}
    for high in range(0x81, 0xFF):
        for low in range(0x40, 0xFF):
            try:
                text = bytes([high, low]).decode("gbk")
            except UnicodeDecodeError:
                continue
            out.update(ord(c) for c in text)
    return out | {0x1E3F, 0x1F9, 0x9FB4}


def cut(font, characters):
    options = subset.Options()
    options.hinting, options.layout_features, options.notdef_outline, options.name_IDs = False, [], True, ["*"]
    options.drop_tables += DROP
    job = subset.Subsetter(options)
    job.populate(unicodes=characters)
    job.subset(font)
    scale_upem(font, 1000)
    return font


cjk, latin = TTFont(sys.argv[1]), TTFont(sys.argv[2])
want = wanted()
letters = {c for c in want & set(latin.getBestCmap()) if c < 0x3000}
rest = (want & set(cjk.getBestCmap())) - letters
parts = []
for font, characters in ((cjk, rest), (latin, letters)):
    parts.append(f"{sys.argv[3]}.{len(parts)}")
    cut(font, characters).save(parts[-1])
out = merge.Merger(merge.Options(drop_tables=DROP)).merge(parts)
for record in list(out["name"].names):
    if record.nameID in (1, 3, 4, 6, 16):
        name = "ZhigaiReport" if record.nameID == 6 else "Zhigai Report"
        out["name"].setName(name, record.nameID, record.platformID, record.platEncID, record.langID)
out.save(sys.argv[3])
