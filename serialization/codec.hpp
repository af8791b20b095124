/// @file
/// How values of chunks and parameters become bytes: little-endian, lengths as 64 bits, no type tags. For types of your own
/// include `serialization/cereal.hpp` and give them `serialize`, or specialise `Codec`.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/base/shared_bytes.hpp"

#include <array>
#include <bit>
#include <complex>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::serialization {
static_assert(std::endian::native == std::endian::little, "the wire is little-endian, and so are the machines");

/// Bytes that are no value of the type asked for. Caught by `decode_value`.
struct DecodeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Appends to a buffer.
class Writer {
 public:
  void raw(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  void number(T value) {
    raw(&value, sizeof value);
  }
  void size(std::size_t count) { number(static_cast<std::uint64_t>(count)); }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads from bytes that may come from anybody: every length is checked against what is left before anything is allocated.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> raw(std::size_t size) {
    if (size > left()) throw DecodeError("the bytes end too early");
    const auto taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  T number() {
    T value;
    if constexpr (std::is_same_v<T, bool>) {
      const auto byte = static_cast<unsigned char>(raw(1)[0]);
      if (byte > 1) throw DecodeError("a bool is neither 0 nor 1");
      value = byte == 1;
    } else {
      std::memcpy(&value, raw(sizeof value).data(), sizeof value);
    }
    return value;
  }
  /// The length of a sequence whose elements take at least `element_bytes` each.
  std::size_t size(std::size_t element_bytes) {
    const auto count = number<std::uint64_t>();
    if (count > left() / (element_bytes == 0 ? 1 : element_bytes)) throw DecodeError("a length exceeds the bytes left");
    return static_cast<std::size_t>(count);
  }
  std::size_t left() const { return bytes_.size() - at_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

/// Specialised for each type that can travel: `write`, `read`, `name`; and `least_bytes`, the fewest bytes a value takes.
/// A type whose values are large may add `encode` and `decode`, which need not copy.
template <class T>
struct Codec;

template <class T>
concept Encodable = requires(Writer& writer, Reader& reader, const T& value) {
  Codec<T>::write(writer, value);
  { Codec<T>::read(reader) } -> std::convertible_to<T>;
  { Codec<T>::name() } -> std::convertible_to<std::string>;
};

/// The name by which both ends know the type; equal across processes and builds.
template <class T>
std::string type_name() { return Codec<T>::name(); }

template <class T>
  requires std::is_arithmetic_v<T>
struct Codec<T> {
  static constexpr std::size_t least_bytes = sizeof(T);
  static std::string name() {
    if constexpr (std::is_same_v<T, bool>) return "bool";
    else if constexpr (std::is_floating_point_v<T>) return "float" + std::to_string(sizeof(T) * 8);
    else return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(sizeof(T) * 8);
  }
  static void write(Writer& writer, T value) { writer.number(value); }
  static T read(Reader& reader) { return reader.number<T>(); }
};

template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  using Number = std::underlying_type_t<T>;
  static constexpr std::size_t least_bytes = sizeof(Number);
  static std::string name() { return "enum " + Codec<Number>::name(); }
  static void write(Writer& writer, T value) { writer.number(static_cast<Number>(value)); }
  static T read(Reader& reader) { return static_cast<T>(reader.number<Number>()); }
};

template <>
struct Codec<std::monostate> {
  static constexpr std::size_t least_bytes = 0;
  static std::string name() { return "nothing"; }
  static void write(Writer&, std::monostate) {}
  static std::monostate read(Reader&) { return {}; }
};

template <class T>
struct Codec<std::complex<T>> {
  static constexpr std::size_t least_bytes = 2 * sizeof(T);
  static std::string name() { return "complex" + std::to_string(sizeof(T) * 16); }
  static void write(Writer& writer, const std::complex<T>& value) { writer.number(value.real()), writer.number(value.imag()); }
  static std::complex<T> read(Reader& reader) {
    const T real = reader.number<T>();
    return {real, reader.number<T>()};
  }
};

template <>
struct Codec<std::string> {
  static constexpr std::size_t least_bytes = 8;
  static std::string name() { return "string"; }
  static void write(Writer& writer, const std::string& value) {
    writer.size(value.size());
    writer.raw(value.data(), value.size());
  }
  static std::string read(Reader& reader) {
    const auto bytes = reader.raw(reader.size(1));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static constexpr std::size_t least_bytes = 8;
  static constexpr bool is_flat = (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, std::byte>;
  static std::string name() {
    if constexpr (std::is_same_v<T, std::byte>) return "bytes";
    else return "vector<" + Codec<T>::name() + ">";
  }
  static void write(Writer& writer, const std::vector<T>& value) {
    writer.size(value.size());
    if constexpr (is_flat) writer.raw(value.data(), value.size() * sizeof(T));
    else for (const T& element : value) Codec<T>::write(writer, element);
  }
  static std::vector<T> read(Reader& reader) {
    if constexpr (is_flat) {
      const std::size_t count = reader.size(sizeof(T));
      std::vector<T> value(count);
      const auto bytes = reader.raw(count * sizeof(T));
      if (count > 0) std::memcpy(value.data(), bytes.data(), bytes.size());
      return value;
    } else {
      const std::size_t count = reader.size(Codec<T>::least_bytes);
      std::vector<T> value;  // Grows by element: a hostile length costs no more than its bytes.
      for (std::size_t i = 0; i < count; ++i) value.push_back(Codec<T>::read(reader));
      return value;
    }
  }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
  static constexpr std::size_t least_bytes = N * Codec<T>::least_bytes;
  static std::string name() { return "array<" + Codec<T>::name() + "," + std::to_string(N) + ">"; }
  static void write(Writer& writer, const std::array<T, N>& value) {
    for (const T& element : value) Codec<T>::write(writer, element);
  }
  static std::array<T, N> read(Reader& reader) {
    std::array<T, N> value;
    for (T& element : value) element = Codec<T>::read(reader);
    return value;
  }
};

template <class... T>
struct Codec<std::tuple<T...>> {
  static constexpr std::size_t least_bytes = (0 + ... + Codec<T>::least_bytes);
  static std::string name() {
    std::string text = "tuple<";
    ((text += Codec<T>::name() + ","), ...);
    return text + ">";
  }
  static void write(Writer& writer, const std::tuple<T...>& value) {
    std::apply([&](const T&... element) { (Codec<T>::write(writer, element), ...); }, value);
  }
  static std::tuple<T...> read(Reader& reader) { return std::tuple<T...>{Codec<T>::read(reader)...}; }
};

template <class A, class B>
struct Codec<std::pair<A, B>> {
  static constexpr std::size_t least_bytes = Codec<A>::least_bytes + Codec<B>::least_bytes;
  static std::string name() { return "pair<" + Codec<A>::name() + "," + Codec<B>::name() + ">"; }
  static void write(Writer& writer, const std::pair<A, B>& value) {
    Codec<A>::write(writer, value.first);
    Codec<B>::write(writer, value.second);
  }
  static std::pair<A, B> read(Reader& reader) {
    A first = Codec<A>::read(reader);
    return {std::move(first), Codec<B>::read(reader)};
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static constexpr std::size_t least_bytes = 1;
  static std::string name() { return "optional<" + Codec<T>::name() + ">"; }
  static void write(Writer& writer, const std::optional<T>& value) {
    writer.number(value.has_value());
    if (value) Codec<T>::write(writer, *value);
  }
  static std::optional<T> read(Reader& reader) {
    if (!reader.number<bool>()) return std::nullopt;
    return Codec<T>::read(reader);
  }
};

template <class K, class V>
struct Codec<std::map<K, V>> {
  static constexpr std::size_t least_bytes = 8;
  static std::string name() { return "map<" + Codec<K>::name() + "," + Codec<V>::name() + ">"; }
  static void write(Writer& writer, const std::map<K, V>& value) {
    writer.size(value.size());
    for (const auto& [key, element] : value) Codec<K>::write(writer, key), Codec<V>::write(writer, element);
  }
  static std::map<K, V> read(Reader& reader) {
    const std::size_t count = reader.size(Codec<K>::least_bytes + Codec<V>::least_bytes);
    std::map<K, V> value;
    for (std::size_t i = 0; i < count; ++i) {
      K key = Codec<K>::read(reader);
      value.insert_or_assign(std::move(key), Codec<V>::read(reader));
    }
    return value;
  }
};

template <class... T>
struct Codec<std::variant<T...>> {
  static constexpr std::size_t least_bytes = 1;
  static std::string name() {
    std::string text = "variant<";
    ((text += Codec<T>::name() + ","), ...);
    return text + ">";
  }
  static void write(Writer& writer, const std::variant<T...>& value) {
    writer.number(static_cast<std::uint8_t>(value.index()));
    std::visit([&]<class E>(const E& element) { Codec<E>::write(writer, element); }, value);
  }
  static std::variant<T...> read(Reader& reader) {
    using Read = std::variant<T...> (*)(Reader&);
    static constexpr Read readers[] = {[](Reader& from) -> std::variant<T...> { return Codec<T>::read(from); }...};
    const auto index = reader.number<std::uint8_t>();
    if (index >= sizeof...(T)) throw DecodeError("a variant names an alternative that it does not have");
    return readers[index](reader);
  }
};

/// The value as bytes of its own. Without a copy where the type can.
template <Encodable T>
runtime::SharedBytes encode_value(const T& value) {
  if constexpr (requires { Codec<T>::encode(value); }) {
    return Codec<T>::encode(value);
  } else {
    Writer writer;
    Codec<T>::write(writer, value);
    return runtime::SharedBytes::of(std::move(writer.bytes()));
  }
}

/// The value of those bytes, all of them; `bad_message` says what is wrong with them.
template <Encodable T>
runtime::Result<T> decode_value(const runtime::SharedBytes& bytes) {
  if constexpr (requires { Codec<T>::decode(bytes); }) {
    return Codec<T>::decode(bytes);
  } else {
    try {
      Reader reader(bytes.bytes);
      T value = Codec<T>::read(reader);
      if (reader.left() > 0) throw DecodeError("bytes are left over");
      return value;
    } catch (const DecodeError& error) {
      return runtime::Failure{runtime::ErrorCode::bad_message, "not a " + type_name<T>() + ": " + error.what()};
    }
  }
}
}  // namespace tessera::serialization
