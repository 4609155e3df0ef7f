// Which neurons of a side are live in the samples, and which are dead: with score zero throughout.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "columns.hpp"

namespace ctre::CTRE_ISA {

// Neurons that are alike in being live or dead.
struct Neurons {
  std::vector<std::int32_t> index;  // ascending
  std::vector<float> scale, shift;  // an activation counts as scale * activation - shift
  std::vector<float> offset;        // of their scores; 0 if the query has none, never -0

  std::int64_t size() const { return static_cast<std::int64_t>(index.size()); }
};

// All neurons of a side, sorted into live and dead ones.
struct Side {
  std::vector<std::uint8_t> is_live;
  std::vector<std::int32_t> position;  // of a neuron in its list
  Neurons live, dead;

  Side(const ColumnProfiles& profiles, bool normalized, const float* offset, bool all_live)
      : is_live(profiles.largest.size(), all_live), position(is_live.size()) {
    for (std::size_t i = 0; i < is_live.size(); ++i) is_live[i] |= !profiles.is_dead(i);
    // At least one takes part in the product, which looks at the values of the other side.
    if (std::find(is_live.begin(), is_live.end(), 1) == is_live.end()) is_live.front() = 1;
    for (std::size_t i = 0; i < is_live.size(); ++i) {
      Neurons& list = is_live[i] ? live : dead;
      position[i] = static_cast<std::int32_t>(list.size());
      list.index.push_back(static_cast<std::int32_t>(i));
      list.scale.push_back(profiles.scale(i, normalized));
      list.shift.push_back(profiles.shift(i, list.scale.back()));
      list.offset.push_back(offset ? offset[i] + 0.0f : 0.0f);
    }
  }
};

}  // namespace ctre::CTRE_ISA
