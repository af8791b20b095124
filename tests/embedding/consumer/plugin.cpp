// Operations that nothing in a program names: a plug-in brings them.
#include <tessera/client/operation.hpp>

double halve(double x) { return x / 2; }
TESSERA_OPERATION(halve);
