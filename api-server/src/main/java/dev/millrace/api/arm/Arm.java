package dev.millrace.api.arm;

import dev.millrace.ingest.spec.ArmSpec;
import dev.millrace.ingest.spec.ArmSpec.Compare;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.ArmState;
import org.jspecify.annotations.Nullable;

/**
 * A model of a family, and what part it takes now.
 *
 * @param share part of the people who fall to it as a challenger
 */
public record Arm(
        WeightServer weights,
        Role role,
        Compare compare,
        double share,
        String experiment,
        ArmSpec.@Nullable Rule rule) {
    /** As its spec says, and the registry since. */
    static Arm of(WeightServer weights, Role role, @Nullable ArmState said) {
        ArmSpec spec = weights.spec().arm();
        if (spec == null) {
            return new Arm(weights, role, Compare.SPLIT, 0, "", null);
        }
        double share = said != null && said.share() > 0 ? said.share() : spec.share();
        return new Arm(weights, role, spec.compare(), share, spec.experiment(), spec.promote());
    }

    public String model() {
        return weights.spec().model();
    }

    boolean is(Arm other) {
        return model().equals(other.model());
    }

    /** Whether it is measured against the champion: its spec says so, or it was the champion. */
    boolean isCompared() {
        return weights.spec().arm() != null || !weights.spec().learnsFromAnother();
    }
}
