// How a batch is cut into tiles, and which tiles share a gradient. Both depend on the batch and
// the network alone, never on the threads, and so do the sums of gradients.
#pragma once

#include <algorithm>

#include "sweep.hpp"
#include "threads.hpp"

namespace ctre::CTRE_ISA {

struct Tiling {
  // `widest` is the most vectors that a row of a tile may have.
  Tiling(std::int64_t n_samples, int widest, std::int64_t most_groups)
      : n_samples(n_samples), n_vectors((n_samples + kLanes - 1) / kLanes) {
    n_tiles = (n_vectors + widest - 1) / widest;
    // An even number of tiles lets two threads end together.
    if (n_tiles > 1) n_tiles = std::min(n_tiles + n_tiles % 2, n_vectors);
    n_groups = std::min(n_tiles, most_groups);
  }

  // In vectors of samples.
  Share tile(std::int64_t i) const {
    return {n_vectors * i / n_tiles, n_vectors * (i + 1) / n_tiles};
  }
  // In tiles.
  Share group(std::int64_t i) const {
    return {n_tiles * i / n_groups, n_tiles * (i + 1) / n_groups};
  }

  std::int64_t n_samples, n_vectors, n_tiles, n_groups;
};

}  // namespace ctre::CTRE_ISA
