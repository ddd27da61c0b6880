package dev.millrace.ps.version;

import dev.millrace.ingest.proto.ArmSet;
import dev.millrace.ingest.spec.ArmSpec.Role;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was said of an arm since its spec.
 *
 * @param share part of the people; 0: as the spec says
 */
public record ArmState(Role role, double share) {
    /** @throws IllegalArgumentException when there is no such role */
    static ArmState of(ArmSet set, @Nullable ArmState before) {
        double share = set.getShare() > 0 || before == null ? set.getShare() : before.share;
        return new ArmState(Role.valueOf(set.getRole().toUpperCase(Locale.ROOT)), share);
    }

    ArmState as(Role other) {
        return new ArmState(other, share);
    }

    String words(String arm) {
        String of = role == Role.CHALLENGER && share > 0 ? " of %s of the people".formatted(share) : "";
        return arm + " is " + role.name().toLowerCase(Locale.ROOT) + of;
    }
}
