// The shipped kernels, compiled for the host.
#include "device.h"
#include KERNELS

KERNEL(load_rows)
KERNEL(store_rows)
KERNEL(embed)
KERNEL(multiply)
KERNEL(field_pairs)
KERNEL(field_pairs_back)
KERNEL(field_pairs_weights)
KERNEL(cross_layer)
KERNEL(add_dot)
KERNEL(outer)
KERNEL(cross_back)
KERNEL(add)
KERNEL(finish)
KERNEL(last_gradient)
KERNEL(columns)
KERNEL(step_rows)
KERNEL(mean_gradient)
KERNEL(begin_step)
KERNEL(step_layers)
