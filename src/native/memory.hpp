// Memory on cache-line boundaries.
#pragma once

#include <cstddef>
#include <cstdint>
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

// Numbers of four bytes.
template <class T>
class Lines {
  static_assert(sizeof(T) == sizeof(float));

 public:
  Lines() = default;
  explicit Lines(std::size_t size, Fill fill = Fill::zeros)
      : data_(static_cast<T*>(
            ::operator new(whole_lines(size + 1) * sizeof(T), std::align_val_t{kLine}))) {
    if (fill == Fill::zeros) std::memset(data_.get(), 0, whole_lines(size + 1) * sizeof(T));
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* data) const { ::operator delete(data, std::align_val_t{kLine}); }
  };
  std::unique_ptr<T, Free> data_;
};

using Floats = Lines<float>;
using Ints = Lines<std::int32_t>;

}  // namespace ctre
