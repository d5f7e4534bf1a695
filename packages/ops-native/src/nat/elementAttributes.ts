/** `enum nft_set_elem_list_attributes` of linux/netfilter/nf_tables.h. */
export const listAttrs = { table: 1, set: 2, elements: 3 } as const

/** `enum nft_set_elem_attributes` of linux/netfilter/nf_tables.h. */
export const elementAttrs = { key: 1, data: 2, userdata: 6, keyEnd: 10 } as const

/** `enum nft_data_attributes` of linux/netfilter/nf_tables.h. */
export const dataAttrs = { value: 1, verdict: 2 } as const
