/// @file
/// Element-wise programs and reductions as parameters of tasks.
#pragma once
#include "arrays/kernels/program.hpp"
#include "arrays/kernels/reduction.hpp"
#include "serialization/codec.hpp"

template <>
struct tessera::serialization::Codec<tessera::arrays::kernels::Program> {
  static constexpr std::size_t least_bytes = 8 + 8;
  static std::string name() { return "program"; }
  static void write(Writer& writer, const arrays::kernels::Program& program) {
    const auto bytes = arrays::kernels::encode(program);
    writer.size(bytes.size());
    writer.raw(bytes.data(), bytes.size());
  }
  static arrays::kernels::Program read(Reader& reader) {
    auto program = arrays::kernels::decode(reader.raw(reader.size(1)));
    if (!program) throw DecodeError(program.failure().message);
    return std::move(*program);
  }
};

/// Reducer, dtype of the elements, dtype of the result, correction.
template <>
struct tessera::serialization::Codec<tessera::arrays::kernels::Reduction> {
  static constexpr std::size_t least_bytes = 3 + 8;
  static std::string name() { return "reduction"; }
  static void write(Writer& writer, const arrays::kernels::Reduction& reduction) {
    Codec<arrays::kernels::Reducer>::write(writer, reduction.by);
    Codec<arrays::Dtype>::write(writer, reduction.elements);
    Codec<arrays::Dtype>::write(writer, reduction.result);
    writer.number(reduction.correction);
  }
  static arrays::kernels::Reduction read(Reader& reader) {
    arrays::kernels::Reduction reduction;
    reduction.by = Codec<arrays::kernels::Reducer>::read(reader);
    reduction.elements = Codec<arrays::Dtype>::read(reader);
    reduction.result = Codec<arrays::Dtype>::read(reader);
    reduction.correction = reader.number<double>();
    if (const auto sound = check(reduction); !sound) throw DecodeError(sound.failure().message);
    return reduction;
  }
};
