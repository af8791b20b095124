/// @file
/// Cereal archives for bytes that come from anybody: every length is checked against the bytes left before anything is
/// allocated; depth, elements, strings, enums and bools have bounds; smart pointers and polymorphic types do not compile.
#pragma once
#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::serialization {
struct Bounds {
  std::uint64_t elements_max = 64'000'000;  ///< Of all sequences together.
  std::uint32_t depth_max = 64;             ///< Of nested values.
  std::uint64_t string_bytes_max = 1 << 20;
};

/// Appends little-endian bytes to a vector.
class BoundedOutput : public cereal::OutputArchive<BoundedOutput, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedOutput(std::vector<std::byte>& bytes)
      : cereal::OutputArchive<BoundedOutput, cereal::AllowEmptyClassElision>(this), bytes_(bytes) {}
  void put(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }

 private:
  std::vector<std::byte>& bytes_;
};

/// Reads what `BoundedOutput` wrote, or throws `cereal::Exception`; never allocates more than a small multiple of its input.
class BoundedInput : public cereal::InputArchive<BoundedInput, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedInput(std::span<const std::byte> bytes, Bounds bounds = {})
      : cereal::InputArchive<BoundedInput, cereal::AllowEmptyClassElision>(this), bytes_(bytes), bounds_(bounds) {}
  void take(void* data, std::size_t size) {
    if (size > left()) throw cereal::Exception("the bytes end too early");
    if (size > 0) std::memcpy(data, bytes_.data() + at_, size);
    at_ += size;
  }
  /// Checks the length of a sequence whose elements take at least `element_bytes` each.
  void check_length(std::uint64_t count, std::size_t element_bytes) {
    if (count > left() / (element_bytes == 0 ? 1 : element_bytes)) throw cereal::Exception("a length exceeds the bytes left");
    if (count > bounds_.elements_max - elements_) throw cereal::Exception("too many elements");
    elements_ += count;
  }
  void enter() {
    if (++depth_ > bounds_.depth_max) throw cereal::Exception("nested too deep");
  }
  void leave() { --depth_; }
  std::size_t left() const { return bytes_.size() - at_; }
  const Bounds& bounds() const { return bounds_; }

 private:
  std::span<const std::byte> bytes_;
  Bounds bounds_;
  std::size_t at_ = 0;
  std::uint64_t elements_ = 0;
  std::uint32_t depth_ = 0;
};

template <class T>
  requires std::is_class_v<T>
void prologue(BoundedInput& archive, const T&) { archive.enter(); }
template <class T>
  requires std::is_class_v<T>
void epilogue(BoundedInput& archive, const T&) { archive.leave(); }

template <class T>
  requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput& archive, const T& value) { archive.put(&value, sizeof value); }
template <class T>
  requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(BoundedInput& archive, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    unsigned char byte = 0;
    archive.take(&byte, 1);
    if (byte > 1) throw cereal::Exception("a bool is neither 0 nor 1");
    value = byte == 1;
  } else {
    archive.take(&value, sizeof value);
  }
}

/// An enum whose value must lie below `Count`; Cereal by itself lets any number through.
template <class E, std::uint64_t Count>
struct Ranged {
  E& value;
  template <class A>
  void save(A& archive) const { archive(static_cast<std::underlying_type_t<E>>(value)); }
  template <class A>
  void load(A& archive) {
    std::underlying_type_t<E> number{};
    archive(number);
    if (static_cast<std::uint64_t>(number) >= Count) throw cereal::Exception("an enum has no such value");
    value = static_cast<E>(number);
  }
};
template <std::uint64_t Count, class E>
Ranged<E, Count> ranged(E& value) { return {value}; }

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput& archive, const cereal::NameValuePair<T>& pair) { archive(pair.value); }
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(BoundedInput& archive, cereal::NameValuePair<T>& pair) { archive(pair.value); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput& archive, const cereal::SizeTag<T>& tag) {
  archive(static_cast<std::uint64_t>(tag.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(BoundedInput& archive, cereal::SizeTag<T>& tag) {
  std::uint64_t count = 0;
  archive(count);
  archive.check_length(count, 1);
  tag.size = static_cast<cereal::size_type>(count);
}

/// Elements whose bytes are their value: they travel in one piece.
template <class T>
inline constexpr bool is_flat = (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, std::byte>;

template <class T, class A>
void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput& archive, const std::vector<T, A>& values) {
  archive(static_cast<std::uint64_t>(values.size()));
  if constexpr (is_flat<T>) archive.put(values.data(), values.size() * sizeof(T));
  else for (const auto& value : values) archive(static_cast<const T&>(value));
}
template <class T, class A>
void CEREAL_LOAD_FUNCTION_NAME(BoundedInput& archive, std::vector<T, A>& values) {
  std::uint64_t count = 0;
  archive(count);
  archive.check_length(count, is_flat<T> ? sizeof(T) : 1);
  values.clear();
  if constexpr (is_flat<T>) {
    values.resize(static_cast<std::size_t>(count));
    archive.take(values.data(), values.size() * sizeof(T));
  } else {
    for (std::uint64_t i = 0; i < count; ++i) {  // By element: memory follows the bytes that are really there.
      T value{};
      archive(value);
      values.push_back(std::move(value));
    }
  }
}

inline void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput& archive, const std::string& text) {
  archive(static_cast<std::uint64_t>(text.size()));
  archive.put(text.data(), text.size());
}
inline void CEREAL_LOAD_FUNCTION_NAME(BoundedInput& archive, std::string& text) {
  std::uint64_t count = 0;
  archive(count);
  if (count > archive.bounds().string_bytes_max) throw cereal::Exception("a string is too long");
  archive.check_length(count, 1);
  text.resize(static_cast<std::size_t>(count));
  archive.take(text.data(), text.size());
}

template <class... T>
void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput& archive, const std::variant<T...>& value) {
  archive(static_cast<std::uint8_t>(value.index()));
  std::visit([&](const auto& one) { archive(one); }, value);
}
template <class... T>
void CEREAL_LOAD_FUNCTION_NAME(BoundedInput& archive, std::variant<T...>& value) {
  using Load = void (*)(BoundedInput&, std::variant<T...>&);
  static constexpr Load loads[] = {[](BoundedInput& from, std::variant<T...>& into) { from(into.template emplace<T>()); }...};
  std::uint8_t index = 0;
  archive(index);
  if (index >= sizeof...(T)) throw cereal::Exception("a variant has no such alternative");
  loads[index](archive, value);
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(BoundedOutput&, const std::unique_ptr<T>&) = delete;
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(BoundedInput&, std::unique_ptr<T>&) = delete;
}  // namespace tessera::serialization

CEREAL_REGISTER_ARCHIVE(tessera::serialization::BoundedOutput)
CEREAL_REGISTER_ARCHIVE(tessera::serialization::BoundedInput)
CEREAL_SETUP_ARCHIVE_TRAITS(tessera::serialization::BoundedInput, tessera::serialization::BoundedOutput)
