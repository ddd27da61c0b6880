/** Tests of the vectors. */
@NullMarked
package dev.millrace.join.vector;

import org.jspecify.annotations.NullMarked;
