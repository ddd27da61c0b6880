/** Tests of the match, without Flink. */
@NullMarked
package dev.millrace.join.match;

import org.jspecify.annotations.NullMarked;
