// The shipped kernels, compiled for the host.
#include "device.h"
#include KERNELS

KERNEL(load_rows)
KERNEL(store_rows)
KERNEL(embed)
KERNEL(multiply)
KERNEL(finish)
KERNEL(last_gradient)
KERNEL(columns)
KERNEL(step_rows)
KERNEL(mean_gradient)
KERNEL(begin_step)
KERNEL(step_layers)
