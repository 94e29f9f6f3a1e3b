"""Error rates of the comparison of faces: the words for groups, intervals, what is beyond a rate.

In one place for the calibration, the gate and the central side.
"""
