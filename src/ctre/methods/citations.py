"""Where the methods were published."""

from __future__ import annotations

from typing import NamedTuple


class Citation(NamedTuple):
    """A publication."""

    short: str
    """Authors, venue and year in one line."""
    bibtex: str


CTRE = Citation(
    "Atashgahi et al., Machine Learning 111, 2022",
    """@article{atashgahi2022brain,
  title   = {A brain-inspired algorithm for training highly sparse neural networks},
  author  = {Atashgahi, Zahra and Pieterse, Joost and Liu, Shiwei and Mocanu, Decebal Constantin
             and Veldhuis, Raymond and Pechenizkiy, Mykola},
  journal = {Machine Learning},
  volume  = {111},
  pages   = {4411--4452},
  year    = {2022}
}""",
)

SET = Citation(
    "Mocanu et al., Nature Communications 9, 2018",
    """@article{mocanu2018scalable,
  title   = {Scalable training of artificial neural networks with adaptive sparse connectivity
             inspired by network science},
  author  = {Mocanu, Decebal Constantin and Mocanu, Elena and Stone, Peter and Nguyen, Phuong H.
             and Gibescu, Madeleine and Liotta, Antonio},
  journal = {Nature Communications},
  volume  = {9},
  number  = {1},
  pages   = {2383},
  year    = {2018}
}""",
)

STATIC = Citation(
    "Mocanu et al., Machine Learning 104, 2016",
    """@article{mocanu2016topological,
  title   = {A topological insight into restricted {B}oltzmann machines},
  author  = {Mocanu, Decebal Constantin and Mocanu, Elena and Nguyen, Phuong H. and
             Gibescu, Madeleine and Liotta, Antonio},
  journal = {Machine Learning},
  volume  = {104},
  number  = {2--3},
  pages   = {243--270},
  year    = {2016}
}""",
)

RIGL = Citation(
    "Evci et al., ICML 2020",
    """@inproceedings{evci2020rigging,
  title     = {Rigging the lottery: Making all tickets winners},
  author    = {Evci, Utku and Gale, Trevor and Menick, Jacob and Castro, Pablo Samuel and
               Elsen, Erich},
  booktitle = {International Conference on Machine Learning},
  pages     = {2943--2952},
  year      = {2020}
}""",
)

MOMENTUM = Citation(
    "Dettmers and Zettlemoyer, arXiv:1907.04840, 2019",
    """@article{dettmers2019sparse,
  title   = {Sparse networks from scratch: Faster training without losing performance},
  author  = {Dettmers, Tim and Zettlemoyer, Luke},
  journal = {arXiv preprint arXiv:1907.04840},
  year    = {2019}
}""",
)

SNIP = Citation(
    "Lee, Ajanthan and Torr, ICLR 2019",
    """@inproceedings{lee2019snip,
  title     = {{SNIP}: Single-shot network pruning based on connection sensitivity},
  author    = {Lee, Namhoon and Ajanthan, Thalaiyasingam and Torr, Philip},
  booktitle = {International Conference on Learning Representations},
  year      = {2019}
}""",
)

MAGNITUDE = Citation(
    "Zhu and Gupta, arXiv:1710.01878, 2017",
    """@article{zhu2017prune,
  title   = {To prune, or not to prune: exploring the efficacy of pruning for model compression},
  author  = {Zhu, Michael and Gupta, Suyog},
  journal = {arXiv preprint arXiv:1710.01878},
  year    = {2017}
}""",
)

DENSE = Citation(
    "Rumelhart, Hinton and Williams, Nature 323, 1986",
    """@article{rumelhart1986learning,
  title   = {Learning representations by back-propagating errors},
  author  = {Rumelhart, David E. and Hinton, Geoffrey E. and Williams, Ronald J.},
  journal = {Nature},
  volume  = {323},
  pages   = {533--536},
  year    = {1986}
}""",
)
