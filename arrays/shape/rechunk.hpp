/// @file
/// Plans of rechunks: through which chunks the elements go, so that no step has chunks of very many pieces.
#pragma once
#include "arrays/shape/chunks.hpp"

#include <vector>

namespace tessera::arrays::shape {
/// From how many chunks one chunk of a step is made, about, before a chunking between the two is better.
inline constexpr double pieces_max = 64;

/// The chunkings that follow each other, the last is `to`. Lengths of a step between are the geometric means of both ends', so its chunks
/// are no larger than the larger of theirs; each halves the exponent of the number of pieces.
std::vector<Chunks> rechunk_steps(const Chunks& from, const Chunks& to);
}  // namespace tessera::arrays::shape
