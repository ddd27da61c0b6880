package dev.millrace.ps.model;

import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ps.kernel.VectorModule;

/** w of z and n, in floats and with one division: −α·s / (β + √n + α·λ2), s = sgn(z)·max(|z| − λ1, 0). */
public record FtrlWeight(float alpha, float beta, float l1, float alphaL2) {
    public static FtrlWeight of(Ftrl ftrl) {
        return new FtrlWeight(
                (float) ftrl.alpha(), (float) ftrl.beta(), (float) ftrl.l1(), (float) (ftrl.alpha() * ftrl.l2()));
    }

    public float of(float z, float n) {
        float s = z - Math.max(-l1, Math.min(l1, z));
        return -alpha * s / (beta + (float) Math.sqrt(n) + alphaL2);
    }

    /** Of many, the same bits. */
    public void of(float[] z, float[] n, float[] to, int count) {
        int from = VectorModule.PRESENT ? WideFtrl.weigh(alpha, beta, l1, alphaL2, z, n, to, count) : 0;
        for (int i = from; i < count; i++) {
            float s = z[i] - Math.max(-l1, Math.min(l1, z[i]));
            to[i] = -alpha * s / (beta + (float) Math.sqrt(n[i]) + alphaL2);
        }
    }

    /**
     * What a sample's features add to its sum, w·x each, of rows most of which were read anew.
     *
     * @param z [count] of the sample before; receives this one's
     * @param n likewise
     * @param newZ [count] as read
     * @param newN likewise
     * @param kept bit i: place i goes on with what the sample before has left in z and n
     * @param values [count]
     * @param terms [count] receives w·x
     */
    public void terms(
            float[] z, float[] n, float[] newZ, float[] newN, long[] kept, float[] values, float[] terms, int count) {
        int from = VectorModule.PRESENT ? WideFtrl.terms(this, z, n, newZ, newN, kept, values, terms, count) : 0;
        for (int i = from; i < count; i++) {
            boolean same = (kept[i >>> 6] >>> i & 1) != 0;
            z[i] = same ? z[i] : newZ[i];
            n[i] = same ? n[i] : newN[i];
            terms[i] = of(z[i], n[i]) * values[i];
        }
    }
}
