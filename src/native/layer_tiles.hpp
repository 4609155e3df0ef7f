// What the two passes of a single layer share: how a batch is cut, and the loops for a tile.
#pragma once

#include "rows.hpp"
#include "threads.hpp"
#include "tiling.hpp"

namespace ctre::CTRE_ISA {

// The loops by number of vectors in a row, less one; a single layer has no activation.
inline constexpr Sweeps kLinear = {sweep<Identity, 1>(), sweep<Identity, 2>(), sweep<Identity, 3>(),
                                   sweep<Identity, 4>()};

// As many vectors in a row as let the rows that are read at random stay in the second-level cache:
// there a shorter row costs less than one that comes from further away.
inline int widest_row(std::int64_t n_rows_read) {
  constexpr std::int64_t kCachedBytes = std::int64_t{512} << 10;
  const auto vector_bytes = static_cast<std::int64_t>(kLanes * sizeof(float));
  const std::int64_t n_vectors = kCachedBytes / (vector_bytes * n_rows_read);
  return static_cast<int>(std::clamp<std::int64_t>(n_vectors, 1, kMaxVectors));
}

inline int threads_worth(double n_operations, int n_threads) {
  constexpr double kThreadWork = 1e6;  // operations worth a thread
  return static_cast<int>(std::min<double>(n_threads, 1 + n_operations / kThreadWork));
}

// A tile's share of the batch.
struct TileRows {
  TileRows(const Tiling& tiling, std::int64_t tile) {
    const Share vectors = tiling.tile(tile);
    begin = vectors.begin * kLanes;
    n = static_cast<int>(std::min(vectors.end * kLanes, tiling.n_samples) - begin);
    width = static_cast<int>(vectors.end - vectors.begin) * kLanes;
    for (int s = 0; s < width; ++s) numbers[s] = begin + (s < n ? s : 0);
  }
  const Sweep& sweep() const { return kLinear[static_cast<std::size_t>(width / kLanes - 1)]; }

  std::int64_t begin;  // first row of the batch …
  int n, width;        // … of so many, and as many as a row of the tile has places
  std::int64_t numbers[kMaxWidth];
};

}  // namespace ctre::CTRE_ISA
