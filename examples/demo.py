"""Half a minute from nothing to labels, numbers and pictures: `make demo`."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from skmultitext import TfidfLogRegTagger
