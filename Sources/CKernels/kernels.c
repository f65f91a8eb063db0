// Every file of Kernels/ as a KernelSource.
// A new kernel is an entry here and a declaration in CKernels.h.
#include "CKernels.h"

#define SOURCE(name, file) const KernelSource kernel_##name = {file, name, sizeof name};

static const char activation[] = {
#embed "../../Kernels/activation.cl"
};
SOURCE(activation, "activation.cl")

static const char activations[] = {
#embed "../../Kernels/activations.h"
};
SOURCE(activations, "activations.h")

static const char adamw[] = {
#embed "../../Kernels/adamw.cl"
};
SOURCE(adamw, "adamw.cl")

static const char agreement[] = {
#embed "../../Kernels/agreement.cl"
};
SOURCE(agreement, "agreement.cl")

static const char argmax[] = {
#embed "../../Kernels/argmax.cl"
};
SOURCE(argmax, "argmax.cl")

static const char attention_delta[] = {
#embed "../../Kernels/attention_delta.cl"
};
SOURCE(attention_delta, "attention_delta.cl")

static const char attention_forward[] = {
#embed "../../Kernels/attention_forward.cl"
};
SOURCE(attention_forward, "attention_forward.cl")

static const char attention_forward_fragments[] = {
#embed "../../Kernels/attention_forward_fragments.h"
};
SOURCE(attention_forward_fragments, "attention_forward_fragments.h")

static const char attention_fragments[] = {
#embed "../../Kernels/attention_fragments.h"
};
SOURCE(attention_fragments, "attention_fragments.h")

static const char attention_key_value_gradient[] = {
#embed "../../Kernels/attention_key_value_gradient.cl"
};
SOURCE(attention_key_value_gradient, "attention_key_value_gradient.cl")

static const char attention_key_value_gradient_fragments[] = {
#embed "../../Kernels/attention_key_value_gradient_fragments.h"
};
SOURCE(attention_key_value_gradient_fragments, "attention_key_value_gradient_fragments.h")

static const char attention_query_gradient[] = {
#embed "../../Kernels/attention_query_gradient.cl"
};
SOURCE(attention_query_gradient, "attention_query_gradient.cl")

static const char attention_query_gradient_fragments[] = {
#embed "../../Kernels/attention_query_gradient_fragments.h"
};
SOURCE(attention_query_gradient_fragments, "attention_query_gradient_fragments.h")

static const char attention_staging[] = {
#embed "../../Kernels/attention_staging.h"
};
SOURCE(attention_staging, "attention_staging.h")

static const char attention_sum_slots[] = {
#embed "../../Kernels/attention_sum_slots.cl"
};
SOURCE(attention_sum_slots, "attention_sum_slots.cl")

static const char attention_tiles[] = {
#embed "../../Kernels/attention_tiles.h"
};
SOURCE(attention_tiles, "attention_tiles.h")

static const char attention_tiles_wide[] = {
#embed "../../Kernels/attention_tiles_wide.h"
};
SOURCE(attention_tiles_wide, "attention_tiles_wide.h")

static const char bf16_pieces[] = {
#embed "../../Kernels/bf16_pieces.h"
};
SOURCE(bf16_pieces, "bf16_pieces.h")

static const char compress_logits[] = {
#embed "../../Kernels/compress_logits.cl"
};
SOURCE(compress_logits, "compress_logits.cl")

static const char cross_entropy[] = {
#embed "../../Kernels/cross_entropy.cl"
};
SOURCE(cross_entropy, "cross_entropy.cl")

static const char dequantise[] = {
#embed "../../Kernels/dequantise.cl"
};
SOURCE(dequantise, "dequantise.cl")

static const char dialect[] = {
#embed "../../Kernels/dialect.h"
};
SOURCE(dialect, "dialect.h")

static const char divergence_terms[] = {
#embed "../../Kernels/divergence_terms.h"
};
SOURCE(divergence_terms, "divergence_terms.h")

static const char embedding[] = {
#embed "../../Kernels/embedding.cl"
};
SOURCE(embedding, "embedding.cl")

static const char gradient_norm[] = {
#embed "../../Kernels/gradient_norm.cl"
};
SOURCE(gradient_norm, "gradient_norm.cl")

static const char head_norm[] = {
#embed "../../Kernels/head_norm.cl"
};
SOURCE(head_norm, "head_norm.cl")

static const char kl_divergence[] = {
#embed "../../Kernels/kl_divergence.cl"
};
SOURCE(kl_divergence, "kl_divergence.cl")

static const char lanes[] = {
#embed "../../Kernels/lanes.h"
};
SOURCE(lanes, "lanes.h")

static const char layer_norm[] = {
#embed "../../Kernels/layer_norm.cl"
};
SOURCE(layer_norm, "layer_norm.cl")

static const char matmul[] = {
#embed "../../Kernels/matmul.cl"
};
SOURCE(matmul, "matmul.cl")

static const char matmul_sum[] = {
#embed "../../Kernels/matmul_sum.cl"
};
SOURCE(matmul_sum, "matmul_sum.cl")

static const char matmul_wide[] = {
#embed "../../Kernels/matmul_wide.cl"
};
SOURCE(matmul_wide, "matmul_wide.cl")

static const char projected_divergence[] = {
#embed "../../Kernels/projected_divergence.cl"
};
SOURCE(projected_divergence, "projected_divergence.cl")

static const char residual_add[] = {
#embed "../../Kernels/residual_add.cl"
};
SOURCE(residual_add, "residual_add.cl")

static const char rms_norm[] = {
#embed "../../Kernels/rms_norm.cl"
};
SOURCE(rms_norm, "rms_norm.cl")

static const char rotary[] = {
#embed "../../Kernels/rotary.cl"
};
SOURCE(rotary, "rotary.cl")

static const char row_gather[] = {
#embed "../../Kernels/row_gather.cl"
};
SOURCE(row_gather, "row_gather.cl")

static const char row_reductions[] = {
#embed "../../Kernels/row_reductions.h"
};
SOURCE(row_reductions, "row_reductions.h")

static const char sampling[] = {
#embed "../../Kernels/sampling.cl"
};
SOURCE(sampling, "sampling.cl")

static const char sgd[] = {
#embed "../../Kernels/sgd.cl"
};
SOURCE(sgd, "sgd.cl")

static const char soft_cap[] = {
#embed "../../Kernels/soft_cap.cl"
};
SOURCE(soft_cap, "soft_cap.cl")

static const char softmax[] = {
#embed "../../Kernels/softmax.cl"
};
SOURCE(softmax, "softmax.cl")

static const char split_bf16[] = {
#embed "../../Kernels/split_bf16.cl"
};
SOURCE(split_bf16, "split_bf16.cl")

static const char split_f16[] = {
#embed "../../Kernels/split_f16.cl"
};
SOURCE(split_f16, "split_f16.cl")

static const char sum[] = {
#embed "../../Kernels/sum.cl"
};
SOURCE(sum, "sum.cl")

static const char swiglu[] = {
#embed "../../Kernels/swiglu.cl"
};
SOURCE(swiglu, "swiglu.cl")

static const char target_mixture[] = {
#embed "../../Kernels/target_mixture.cl"
};
SOURCE(target_mixture, "target_mixture.cl")

static const char tensor_cores[] = {
#embed "../../Kernels/tensor_cores.h"
};
SOURCE(tensor_cores, "tensor_cores.h")

static const char vocabulary_row[] = {
#embed "../../Kernels/vocabulary_row.h"
};
SOURCE(vocabulary_row, "vocabulary_row.h")

static const char weight_blocks[] = {
#embed "../../Kernels/weight_blocks.h"
};
SOURCE(weight_blocks, "weight_blocks.h")
