"""The data sets known by name: what they are, where they come from, how they are used."""

from __future__ import annotations

from collections.abc import Mapping

from sklearn import datasets as sklearn_datasets

from ctre.datasets import decode
from ctre.datasets.entry import Bundled, DatasetRecord, Generated, Published
from ctre.datasets.fetch import RemoteFile
from ctre.datasets.store import ArraySpecs
from ctre.errors import UnknownNameError


def get_record(name: str) -> DatasetRecord:
    """Return the record of a catalogued data set.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    for record in CATALOGUE:
        if record.name == name:
            return record
    raise UnknownNameError("data set", name, [record.name for record in CATALOGUE])


def _rows(n_train: int, n_test: int, *shape: int, dtype: str = "uint8") -> ArraySpecs:
    return {
        "X_train": ((n_train, *shape), dtype),
        "y_train": ((n_train,), "uint8"),
        "X_test": ((n_test, *shape), dtype),
        "y_test": ((n_test,), "uint8"),
    }


def _offered(folders: tuple[str, ...], sha256: Mapping[str, str | None]) -> tuple[RemoteFile, ...]:
    """Name files that lie side by side, in each of several places."""
    return tuple(
        RemoteFile(name, tuple(f"{folder}/{name}" for folder in folders), checksum)
        for name, checksum in sha256.items()
    )


_SPLIT = ("X_train", "y_train", "X_test", "y_test")
_UCI = "https://archive.ics.uci.edu/ml/machine-learning-databases"
_TORONTO = "https://www.cs.toronto.edu/~kriz"
_SCIKIT_FEATURE = (
    "https://jundongl.github.io/scikit-feature/files/datasets",
    "https://raw.githubusercontent.com/jundongl/scikit-feature/master/skfeature/data",
)
_NEWSGROUPS = "K. Lang (1995), 20 Newsgroups; this subset by the feature selection repository of "
_BSD = "BSD-3-Clause, with scikit-learn"

# Checksums of archives are those that torchvision publishes for the same files
# (torchvision/prototype/datasets/_builtin/{mnist,cifar}.py); Keras has the same for CIFAR.
_MNIST = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
_FASHION_MNIST = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}

CATALOGUE: tuple[DatasetRecord, ...] = (
    DatasetRecord(
        name="make-madelon",
        n_train=2000,
        n_test=600,
        n_features=500,
        n_classes=2,
        kind="20 columns that carry the class together, 480 of noise",
        source="generated here by the rule of I. Guyon's Madelon",
        terms="none",
        origin=Generated(),
        paper_scale="standard",
    ),
    DatasetRecord(
        name="madelon",
        n_train=2000,
        n_test=600,
        n_features=500,
        n_classes=2,
        kind="20 columns that carry the class together, 480 of noise",
        source="I. Guyon, NIPS 2003 feature selection challenge; UCI Machine Learning Repository",
        terms="CC BY 4.0, doi:10.24432/C5602H",
        origin=Published(
            file="madelon.npz",
            arrays=_rows(2000, 600, 500, dtype="int16"),
            # Published by nobody; taken from the published values in the files' own layout.
            remotes=(
                *_offered(
                    (f"{_UCI}/madelon/MADELON",),
                    {
                        "madelon_train.data": (
                            "0b6e37711efdc7ab74250c51e7d6966bffd9f8f2b0e9971e882c3a7a380c2314"
                        ),
                        "madelon_train.labels": (
                            "10bffcc3b017467cb810d326b931951adcbde2b4870faf981da2991993b48689"
                        ),
                        "madelon_valid.data": (
                            "cb9a46475147de1a58d9f15ef4c318e5b85de344e0f9ab92626fa446aa815dc9"
                        ),
                    },
                ),
                *_offered(
                    (f"{_UCI}/madelon",),
                    {
                        "madelon_valid.labels": (
                            "fbac32fa87fac41ab731994a1c824e7b25396069bff6df242c01fe240fcb34dc"
                        ),
                    },
                ),
            ),
            decode=decode.decode_madelon,
            digested=_SPLIT,
            digest="609a852d2ed8c5805eb000efa86d364ebb8473ebbaf231c4a4463be90ba352e0",
        ),
        paper_scale="standard",
    ),
    DatasetRecord(
        name="isolet",
        n_train=6237,
        n_test=1560,
        n_features=617,
        n_classes=26,
        kind="sound of a spoken letter, -1 to 1",
        source="R. Cole, M. Fanty, Oregon Graduate Institute (1994); UCI Machine Learning "
        "Repository",
        terms="CC BY 4.0, doi:10.24432/C51G69",
        origin=Published(
            file="isolet.npz",
            arrays={
                "X": ((7797, 617), "float32"),
                "y": ((7797,), "uint8"),
                "group": ((7797,), "uint8"),
            },
            remotes=_offered(
                (f"{_UCI}/isolet",), {"isolet1+2+3+4.data.Z": None, "isolet5.data.Z": None}
            ),
            decode=decode.decode_isolet,
            # Copies order the speakers' recordings differently; the rows are the same.
            digested=("X", "y"),
            digest="810528e2b4ea4e72c001563aa0cb1fa21f1083b90882bc725e7ebddbac30faf3",
            any_order=True,
        ),
        split="random",
    ),
    DatasetRecord(
        name="mnist",
        n_train=60000,
        n_test=10000,
        n_features=784,
        n_classes=10,
        kind="28 x 28 grey images of digits, 0 to 255",
        source="Y. LeCun, C. Cortes, C. Burges (1998), from NIST's data",
        terms="CC BY-SA 3.0",
        origin=Published(
            file="mnist.npz",
            arrays=_rows(60000, 10000, 28, 28),
            remotes=_offered(
                (
                    "https://ossci-datasets.s3.amazonaws.com/mnist",
                    "https://storage.googleapis.com/cvdf-datasets/mnist",
                ),
                _MNIST,
            ),
            decode=decode.decode_mnist,
            digested=_SPLIT,
            digest="52cd6c10ae77107af32269dd9d10ca19c1b749e83235a0c75e2f0729ebeaf141",
        ),
    ),
    DatasetRecord(
        name="fashion-mnist",
        n_train=60000,
        n_test=10000,
        n_features=784,
        n_classes=10,
        kind="28 x 28 grey images of clothes, 0 to 255",
        source="H. Xiao, K. Rasul, R. Vollgraf, Zalando Research (arXiv:1708.07747)",
        terms="MIT",
        origin=Published(
            file="fashion_mnist.npz",
            arrays=_rows(60000, 10000, 28, 28),
            remotes=_offered(
                (
                    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
                    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
                ),
                _FASHION_MNIST,
            ),
            decode=decode.decode_mnist,
            digested=_SPLIT,
            digest="51bad0352284eacba9865b8317af0b9281dae4f52f7f667217f2ee65f7069790",
        ),
    ),
    DatasetRecord(
        name="cifar10",
        n_train=50000,
        n_test=10000,
        n_features=3072,
        n_classes=10,
        kind="32 x 32 colour images (height, width, RGB), 0 to 255",
        source="A. Krizhevsky, V. Nair, G. Hinton, University of Toronto (2009)",
        terms="not stated; cite the technical report",
        origin=Published(
            file="cifar10.npz",
            arrays=_rows(50000, 10000, 32, 32, 3),
            remotes=_offered(
                (_TORONTO,),
                {
                    "cifar-10-python.tar.gz": (
                        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
                    ),
                },
            ),
            decode=decode.decode_cifar10,
            # The copy this was taken from holds approximations of 20 test images, so X_test is
            # left out; the archive's own checksum vouches for it.
            digested=("X_train", "y_train", "y_test"),
            digest="194af45b94325fd4458496dfae1772a6105ca21ca36e7a9b2553f8d7d21e7715",
        ),
    ),
    DatasetRecord(
        name="cifar100",
        n_train=50000,
        n_test=10000,
        n_features=3072,
        n_classes=100,
        kind="32 x 32 colour images (height, width, RGB), 0 to 255; fine labels",
        source="A. Krizhevsky, V. Nair, G. Hinton, University of Toronto (2009)",
        terms="not stated; cite the technical report",
        origin=Published(
            file="cifar100.npz",
            arrays=_rows(50000, 10000, 32, 32, 3),
            remotes=_offered(
                (_TORONTO,),
                {
                    "cifar-100-python.tar.gz": (
                        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
                    ),
                },
            ),
            decode=decode.decode_cifar100,
        ),
    ),
    DatasetRecord(
        name="pcmac",
        n_train=1554,
        n_test=389,
        n_features=3289,
        n_classes=2,
        kind="counts of words, sparse",
        source=f"{_NEWSGROUPS}Arizona State University",
        terms="not stated",
        origin=Published(
            file="pcmac.npz",
            arrays={"X": ((1943, 3289), "uint8"), "y": ((1943,), "uint8")},
            remotes=_offered(_SCIKIT_FEATURE, {"PCMAC.mat": None}),
            decode=decode.decode_pcmac,
            digested=("X", "y"),
            digest="0f99b3dd8bd48e6cf97df955a029bf862ceb1da266316d5818c2bf82264fe9ee",
            sparse=True,
        ),
        split="stratified",
    ),
    DatasetRecord(
        name="basehock",
        n_train=1594,
        n_test=399,
        n_features=4862,
        n_classes=2,
        kind="counts of words, sparse",
        source=f"{_NEWSGROUPS}Arizona State University",
        terms="not stated",
        origin=Published(
            file="basehock.npz",
            arrays={"X": ((1993, 4862), "uint8"), "y": ((1993,), "uint8")},
            remotes=_offered(_SCIKIT_FEATURE, {"BASEHOCK.mat": None}),
            decode=decode.decode_basehock,
            digested=("X", "y"),
            digest="d6dac328e920b8c3883f0eb6d42424ecb3a6093a55ccb9d85515e6c52d2fa875",
            sparse=True,
        ),
        split="stratified",
    ),
    DatasetRecord(
        name="iris",
        n_train=120,
        n_test=30,
        n_features=4,
        n_classes=3,
        kind="lengths and widths of flowers' leaves, cm",
        source="R. A. Fisher (1936); bundled with scikit-learn",
        terms=_BSD,
        origin=Bundled(sklearn_datasets.load_iris),
        split="stratified",
    ),
    DatasetRecord(
        name="wine",
        n_train=142,
        n_test=36,
        n_features=13,
        n_classes=3,
        kind="chemical analyses",
        source="M. Forina et al. (1991); bundled with scikit-learn",
        terms=_BSD,
        origin=Bundled(sklearn_datasets.load_wine),
        split="stratified",
    ),
    DatasetRecord(
        name="digits",
        n_train=1437,
        n_test=360,
        n_features=64,
        n_classes=10,
        kind="8 x 8 grey images of digits, 0 to 16",
        source="E. Alpaydin, C. Kaynak (1998); bundled with scikit-learn",
        terms=_BSD,
        origin=Bundled(sklearn_datasets.load_digits),
        split="stratified",
    ),
    DatasetRecord(
        name="breast-cancer",
        n_train=455,
        n_test=114,
        n_features=30,
        n_classes=2,
        kind="measurements of cell nuclei",
        source="W. Wolberg, O. Mangasarian, W. Street (1995); bundled with scikit-learn",
        terms=_BSD,
        origin=Bundled(sklearn_datasets.load_breast_cancer),
        split="stratified",
    ),
)
"""Every data set that :func:`ctre.datasets.load` knows, in the order they are listed."""
