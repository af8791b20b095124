/// @file
/// For types of your own: give them `template <class A> void serialize(A& archive)` (or `save` and `load`), as Cereal's users know
/// it, include this header, and tasks can take and return them. Smart pointers and polymorphic types are refused.
#pragma once
#include "serialization/bounded_archive.hpp"
#include "serialization/codec.hpp"

#include <concepts>

namespace tessera::serialization {
/// A class that Cereal can write and read and that nothing else here knows.
template <class T>
concept OwnType = std::is_class_v<T> && std::default_initializable<T> && requires(T& value, BoundedOutput& out, BoundedInput& in) {
  requires requires { value.serialize(out); value.serialize(in); } || requires { value.save(out); value.load(in); } ||
               requires { serialize(out, value); serialize(in, value); } || requires { save(out, value); load(in, value); };
};

template <OwnType T>
struct Codec<T> {
  static constexpr std::size_t least_bytes = 0;
  /// `static constexpr const char* tessera_name` where the type has one, else its C++ name.
  static std::string name() {
    if constexpr (requires { T::tessera_name; }) return T::tessera_name;
    else return typeid(T).name();
  }
  static void write(Writer& writer, const T& value) {
    std::vector<std::byte> bytes;
    BoundedOutput archive(bytes);
    archive(value);
    Codec<std::vector<std::byte>>::write(writer, bytes);
  }
  static T read(Reader& reader) {
    const auto bytes = reader.raw(reader.size(1));
    try {
      BoundedInput archive(bytes);
      T value;
      archive(value);
      if (archive.left() > 0) throw DecodeError("bytes are left over");
      return value;
    } catch (const cereal::Exception& error) {
      throw DecodeError(error.what());
    }
  }
};
}  // namespace tessera::serialization
