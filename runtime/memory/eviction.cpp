#include "runtime/memory/eviction.hpp"

#include <algorithm>

namespace tessera::runtime::memory {
void sort_by_need(std::vector<Victim>& victims) {
  std::ranges::sort(victims, [](const Victim& a, const Victim& b) {
    if (a.soonest.is_known != b.soonest.is_known) return b.soonest.is_known;
    const Rank p = a.soonest.is_known ? a.soonest.rank : a.made;
    const Rank q = a.soonest.is_known ? b.soonest.rank : b.made;
    return p == q ? a.chunk < b.chunk : q < p;
  });
}

void choose(std::vector<Victim>& victims, Bytes wanted, Bytes being_written, Bytes limit) {
  sort_by_need(victims);
  const Bytes ahead{limit.value / 16};
  auto next = victims.begin();
  for (; next != victims.end() && wanted.value > 0; ++next) {
    if (being_written >= (next->soonest.is_known ? wanted : wanted + ahead)) break;
    if (next->is_free) wanted -= std::min(wanted, next->size);
    else being_written += next->size;
  }
  victims.erase(next, victims.end());
}
}  // namespace tessera::runtime::memory
