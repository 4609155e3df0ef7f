// Python arguments into views of their arrays. Everything that memory safety rests on is checked
// here, once per call; what fails is a ValueError that names the argument. Arrays are never
// converted or copied, and the caller keeps them alive.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "call.hpp"

namespace ctre {

namespace nb = nanobind;

inline void require(bool is_right, const std::string& name, const std::string& must_be) {
  if (!is_right) throw nb::value_error((name + " must " + must_be + ".").c_str());
}

template <class T>
struct ArrayView {
  T* data = nullptr;
  std::int64_t shape[2] = {0, 0};
};

inline constexpr std::int64_t kAnyLength = -1;

inline std::string describe(nb::handle value) {
  if (!nb::hasattr(value, "dtype")) return nb::type_name(value.type()).c_str();
  const nb::object dtype = value.attr("dtype"), shape = nb::getattr(value, "shape", nb::none());
  return std::string(nb::str(dtype).c_str()) + " of shape " + nb::str(shape).c_str();
}

template <class T>
ArrayView<T> array_view(nb::handle value, const std::string& name,
                        std::initializer_list<std::int64_t> shape) {
  nb::ndarray<T, nb::c_contig, nb::device::cpu> array;
  ArrayView<T> view;
  bool fits = nb::try_cast(value, array, false) && array.ndim() == shape.size();
  for (std::size_t axis = 0; fits && axis < shape.size(); ++axis) {
    view.shape[axis] = static_cast<std::int64_t>(array.shape(axis));
    const std::int64_t length = shape.begin()[axis];
    fits = length == kAnyLength || length == view.shape[axis];
  }
  if (!fits) {
    std::string lengths;
    for (const auto length : shape)
      lengths += (length == kAnyLength ? std::string("any") : std::to_string(length)) + ",";
    const char* type = std::is_same_v<std::remove_const_t<T>, float> ? "float32"
                       : sizeof(T) == 8                              ? "int64"
                                                                     : "int32";
    require(false, name,
            std::string("be a C-contiguous ") + (std::is_const_v<T> ? "" : "writable ") + type +
                " array of shape (" + lengths + "), got " + describe(value));
  }
  view.data = array.data();
  return view;
}

// Nullptr for None.
template <class T>
T* optional_data(nb::handle value, const std::string& name,
                 std::initializer_list<std::int64_t> shape) {
  return value.is_none() ? nullptr : array_view<T>(value, name, shape).data;
}

template <class Offset>
void require_offsets(const ArrayView<const Offset>& indptr, std::int64_t n_indices,
                     const std::string& name) {
  const std::int64_t n = indptr.shape[0] - 1;
  bool ascends = n >= 0 && indptr.data[0] == 0 && indptr.data[n] == n_indices;
  for (std::int64_t i = 0; i < n; ++i) ascends &= indptr.data[i] <= indptr.data[i + 1];
  require(ascends, name, "ascend from 0 to the number of indices");
}

inline void require_range(const std::int32_t* numbers, std::int64_t n, std::int64_t end,
                          const std::string& name) {
  // The sign bit of a number that is negative, or of its distance from the last that may be.
  constexpr std::int64_t kEnd = std::int64_t{1} << 31;
  const auto last = static_cast<std::uint32_t>(std::min(end, kEnd)) - 1;
  std::uint32_t strays = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto number = static_cast<std::uint32_t>(numbers[i]);
    strays |= number | (last - number);
  }
  require(strays >> 31 == 0, name, "lie in [0, " + std::to_string(end) + ")");
}

// Ascending within each run that the offsets, already checked, delimit.
enum class Repeats { allowed, rejected };
template <class Offset>
void require_sorted(const Offset* indptr, std::int64_t n, const std::int32_t* indices,
                    Repeats repeats, const std::string& name) {
  const int step = repeats == Repeats::rejected;
  bool ascends = true;
  for (std::int64_t run = 0; run < n; ++run) {
    for (Offset i = indptr[run] + 1; i < indptr[run + 1]; ++i)
      ascends &= indices[i] - indices[i - 1] >= step;
  }
  require(ascends, name, "ascend within each run of indptr");
}

// The fields of a tuple.
class Fields {
 public:
  Fields(nb::handle value, const std::string& name, std::size_t n) : name_(name) {
    require(nb::try_cast(value, tuple_) && tuple_.size() == n, name,
            "be a tuple of " + std::to_string(n));
  }
  nb::handle operator[](std::size_t i) const { return tuple_[i]; }

  template <class T>
  T number(std::size_t i, const char* field) const {
    T number;
    require(nb::try_cast(tuple_[i], number), name_ + "." + field,
            std::is_same_v<T, bool> ? "be a bool" : "be a number");
    return number;
  }

 private:
  nb::tuple tuple_;
  std::string name_;
};

// (n_major + 1,) offsets, indices in [0, n_minor) and values: CSR rows or CSC columns.
struct Compressed {
  Compressed(const Fields& fields, std::int64_t n_minor, const std::string& name) {
    const auto offsets = array_view<const std::int64_t>(fields[1], name + ".indptr", {kAnyLength});
    const auto minors = array_view<const std::int32_t>(fields[2], name + ".indices", {kAnyLength});
    require_offsets(offsets, minors.shape[0], name + ".indptr");
    require_range(minors.data, minors.shape[0], n_minor, name + ".indices");
    n_major = offsets.shape[0] - 1;
    indptr = offsets.data;
    indices = minors.data;
    values = array_view<const float>(fields[3], name + ".data", {minors.shape[0]}).data;
  }
  std::int64_t n_major;
  const std::int64_t* indptr;
  const std::int32_t* indices;
  const float* values;
};

// A matrix (n_rows, n_features), or the tuple (n_features, indptr, indices, data) of CSR.
inline SamplesView samples_view(nb::handle value, std::int32_t n_features, const char* name) {
  SamplesView view{0, n_features};
  if (!nb::isinstance<nb::tuple>(value)) {
    const auto matrix = array_view<const float>(value, name, {kAnyLength, n_features});
    view.n_rows = matrix.shape[0];
    view.dense = matrix.data;
    return view;
  }
  const Fields fields(value, name, 4);
  require(fields.number<std::int64_t>(0, "shape[1]") == n_features, name,
          "have " + std::to_string(n_features) + " columns");
  const Compressed rows(fields, n_features, name);
  view.n_rows = rows.n_major;
  view.indptr = rows.indptr;
  view.indices = rows.indices;
  view.values = rows.values;
  return view;
}

// A `LayerArrays` with `n_slots` slots, whose arrays are only read if there are none.
inline LayerView layer_view(nb::handle value, int n_slots, const std::string& name) {
  const Fields fields(value, name, 7);
  LayerView view{};
  view.n_pre = fields.number<std::int32_t>(0, "n_pre");
  require(view.n_pre > 0, name + ".n_pre", "be positive");
  const auto indptr = array_view<const std::int32_t>(fields[1], name + ".indptr", {kAnyLength});
  const auto indices = array_view<const std::int32_t>(fields[2], name + ".indices", {kAnyLength});
  require(indptr.shape[0] >= 2, name + ".indptr", "have at least two elements");
  require_offsets(indptr, indices.shape[0], name + ".indptr");
  require_range(indices.data, indices.shape[0], view.n_pre, name + ".indices");
  const std::int64_t n_connections = indices.shape[0], n_post = indptr.shape[0] - 1;
  view.n_post = static_cast<std::int32_t>(n_post);
  view.indptr = indptr.data;
  view.indices = indices.data;
  if (n_slots == 0) {
    view.weights = const_cast<float*>(
        array_view<const float>(fields[3], name + ".weights", {n_connections}).data);
    view.biases =
        const_cast<float*>(array_view<const float>(fields[4], name + ".biases", {n_post}).data);
    return view;
  }
  view.weights = array_view<float>(fields[3], name + ".weights", {n_connections}).data;
  view.biases = array_view<float>(fields[4], name + ".biases", {n_post}).data;
  const auto read_slots = [&](nb::handle slots, float** data, std::int64_t n,
                              const std::string& slots_name) {
    const Fields list(slots, slots_name, static_cast<std::size_t>(n_slots));
    for (int i = 0; i < n_slots; ++i)
      data[i] = array_view<float>(list[static_cast<std::size_t>(i)], slots_name, {n}).data;
  };
  read_slots(fields[5], view.weight_slots, n_connections, name + ".weight_slots");
  read_slots(fields[6], view.bias_slots, n_post, name + ".bias_slots");
  return view;
}

inline std::vector<LayerView> layer_views(const nb::list& layers, int n_slots) {
  require(layers.size() > 0, "layers", "have at least one element");
  std::vector<LayerView> views;
  for (const nb::handle layer : layers) {
    const std::string name = "layers[" + std::to_string(views.size()) + "]";
    views.push_back(layer_view(layer, n_slots, name));
    const std::size_t l = views.size() - 1;
    require(l == 0 || views[l].n_pre == views[l - 1].n_post, name + ".n_pre",
            "be n_post of the layer before");
  }
  return views;
}

}  // namespace ctre
