#include <tessera/tessera.hpp>

double twice(double x) { return 2 * x; }
double add(double a, double b) { return a + b; }
TESSERA_OPERATION(twice);
TESSERA_OPERATION(add);

int main() {
  auto cluster = tessera::Cluster::local({.lanes = 2});
  auto a = cluster.submit(twice, 1.0);
  auto b = cluster.submit(add, a, 3.0);   // a is a future: no wait
  return b.get() == 5.0 ? 0 : 1;
}
