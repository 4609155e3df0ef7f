// Which neurons of a side ever were active in the samples, and which are dead: zero throughout.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "threads.hpp"

namespace ctre::CTRE_ISA {

// Neurons that are alike in being live or dead.
struct Neurons {
  std::vector<std::int32_t> index;  // ascending
  std::vector<float> offset;        // of their scores; 0 if the query has none, never -0

  std::int64_t size() const { return static_cast<std::int64_t>(index.size()); }
};

struct Side {
  std::vector<std::uint8_t> is_live;
  std::vector<std::int32_t> position;  // of a neuron in its list
  Neurons live, dead;

  Side(std::vector<std::uint8_t> live_flags, const float* offset)
      : is_live(std::move(live_flags)), position(is_live.size()) {
    // At least one takes part in the product, which looks at the values of the other side.
    if (std::find(is_live.begin(), is_live.end(), 1) == is_live.end()) is_live.front() = 1;
    for (std::size_t i = 0; i < is_live.size(); ++i) {
      Neurons& list = is_live[i] ? live : dead;
      position[i] = static_cast<std::int32_t>(list.size());
      list.index.push_back(static_cast<std::int32_t>(i));
      list.offset.push_back(offset ? offset[i] + 0.0f : 0.0f);
    }
  }
};

// Flags the live ones among the listed columns, whose list it uses up.
inline void flag_live(const float* matrix, std::int64_t n_rows, std::int64_t n_columns, std::int32_t* begin,
                      std::int32_t* end, std::uint8_t* is_live) {
  constexpr std::int64_t kRows = 16;  // between two looks at who is left: few in most layers
  constexpr std::uint32_t kAllButSign = 0x7fffffff;
  for (std::int64_t row = 0; row < n_rows && begin != end; row += kRows) {
    const std::int64_t row_end = std::min(row + kRows, n_rows);
    end = std::remove_if(begin, end, [&](std::int32_t column) {
      std::uint32_t seen = 0;
      for (std::int64_t i = row; i < row_end; ++i) {
        std::uint32_t bits;
        std::memcpy(&bits, matrix + i * n_columns + column, sizeof bits);
        seen |= bits;
      }
      is_live[column] = (seen & kAllButSign) != 0;
      return is_live[column] != 0;
    });
  }
}

// The same for columns in CSC form.
inline void flag_live(const std::int64_t* indptr, const float* values, Share share, std::uint8_t* is_live) {
  for (std::int64_t column = share.begin; column < share.end; ++column) {
    is_live[column] = std::any_of(values + indptr[column], values + indptr[column + 1],
                                  [](float value) { return value != 0; });
  }
}

}  // namespace ctre::CTRE_ISA
