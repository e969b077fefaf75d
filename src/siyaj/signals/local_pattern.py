"""Which pixels around a feature are compared: 128 comparisons and their mirror images. A fixed table, never to be
changed: descriptors made with it are stored in banks.

Chosen greedily among 3,072 random comparisons on 65 unrelated photographs, for being true about as often as not and
for saying what those chosen before do not say (Rublee et al.: ORB, ICCV 2011, section 4.3). The first 11 are at least
10 pixels long and nearly independent: with their mirror images they are the key under which a feature is filed. The
next 11 are the sketch that lies beside it.
"""

import base64

import numpy as np
from numpy.typing import NDArray

RADIUS = 18
"""Pixels around a feature that are compared, on its level."""
BITS = 256
HALF = 128
ANGLES = 64
KEY_HALF, KEY_BITS = 11, 22
SKETCH_HALF = 11

_ROWS = (
    "4fXg00Q>m$1rP`L{_zJ64g>oM2>bR2_5bt={{8?72?Fv31^xa8^8yU}0`K_<`Vjj3{r3J1^Zf?+1pNpE@%j$={R{&4_yiCF{{8s{"
    "3iJI2_VWn}{PPV7_5b(<0|x;N0SN{53kviI0R{#L3iR>>1q%uX2nz@U{1EvI4EhcL`vdm~3;GHG_4NGp{QLs``uY0)0R0CE^$hj-"
    "1_A>H_XG$J0rmX(0rmm!3<C@a0}KK2_znjL4f*%}00{Q=`3VK~2nY!L^!ft^0{#j8{0aK>_xkzt3jy~C5dQTE^9uz2`vCy_3k3W6"
    "2MY=F{0I3D3-bf__6qU@2mTBK{QUd}0`Ut1|NH(84gB@_3i|*F1qA~N3kCG`{tNsB_5uF-0rmg~0uTQN3I+=E3HbX72>bpK{rCd="
    "1NZp<@c9P`_6Gg)1^NB^0|Wx^4hRnY1QGWS3Jn7A0SpiZ2?+TA4hr)D`wIg71O){R_6Y?81^)*44*T&31O5I01^W90@B|P7_yPz6"
    "0sII61Ox*82KoaE00;f}{PO(w_y_p>0tD~=0rdI>{Pzd;{{j#E{qY3$1@Qa?{Q3|0_WT442muE7{}BN9`}G111p@{8{0RL6{`Cp^"
    "0SN&F{r>p=@&g9&|MUS5{`mR&5Ci`N0Pynz0R0C1"
)


def _pattern() -> NDArray[np.int64]:
    """Return (256, 4) comparisons as x1, y1, x2, y2; row i + 128 is row i mirrored in the x axis."""
    rows = np.frombuffer(base64.b85decode(_ROWS), dtype=np.int8).reshape(HALF, 4).astype(np.int64)
    return np.concatenate([rows, rows * np.array([1, -1, 1, -1])])


def _turned(pattern: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return the pattern at each of the 64 angles, int16 (64, 256, 4)."""
    out = np.empty((ANGLES, BITS, 4), dtype=np.int16)
    for angle in range(ANGLES):
        turn = 2 * np.pi * angle / ANGLES
        cos, sin = np.cos(turn), np.sin(turn)
        for end in (0, 2):
            x, y = pattern[:, end], pattern[:, end + 1]
            out[angle, :, end] = np.rint(x * cos - y * sin)
            out[angle, :, end + 1] = np.rint(x * sin + y * cos)
    return out


PATTERN = _turned(_pattern())
