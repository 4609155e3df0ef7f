// Float memory on cache-line boundaries.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace ctre {

inline constexpr std::size_t kLine = 64;  // bytes
inline constexpr std::size_t kLineFloats = kLine / sizeof(float);

inline std::size_t whole_lines(std::size_t n_floats) {
  return (n_floats + kLineFloats - 1) / kLineFloats * kLineFloats;
}

enum class Fill { zeros, nothing };

class Floats {
 public:
  Floats() = default;
  explicit Floats(std::size_t size, Fill fill = Fill::zeros)
      : data_(static_cast<float*>(
            ::operator new(whole_lines(size + 1) * sizeof(float), std::align_val_t{kLine}))) {
    if (fill == Fill::zeros) std::memset(data_.get(), 0, whole_lines(size + 1) * sizeof(float));
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* data) const { ::operator delete(data, std::align_val_t{kLine}); }
  };
  std::unique_ptr<float, Free> data_;
};

}  // namespace ctre
