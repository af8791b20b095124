#include "benchmarks/kernel.h"
