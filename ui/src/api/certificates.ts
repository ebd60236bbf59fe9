// What the pages of certificates of conformity ask.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type CertificateHead = S["CertificateHead"];
export type CertificateView = S["CertificateView"];
export type CertificateRevision = S["CertificateRevision"];
export type CertificateContent = S["CertificateContent"];
export type CertificateLine = S["CertificateLine"];
export type CertificatePreview = S["CertificatePreview"];
export type CertificateObstacle = S["CertificateObstacle"];
export type CertificateCheck = S["CertificateCheck"];
export interface Goods { order?: string | undefined; lot?: string | undefined; quantity?: number | undefined }
export interface CertificateQuery { q?: string | undefined; state?: string | undefined; product?: string | undefined; scope?: string | undefined; from?: string | undefined; to?: string | undefined }

export const certificates = (q: CertificateQuery) => infiniteQueryOptions({
  queryKey: ["/quality/certificates", q], initialPageParam: "", getNextPageParam: (last: List<CertificateHead>) => last.next || undefined,
  queryFn: ({ signal, pageParam }) => api.get<List<CertificateHead>>("/quality/certificates", { ...q, limit: 50, cursor: pageParam || undefined }, signal),
});
export const certificate = (number: string) => queryOptions({ queryKey: ["/quality/certificates", number], queryFn: ({ signal }) => api.get<CertificateView>(`/quality/certificates/${number}`, {}, signal) });
export const preview = (goods: Goods) => queryOptions({
  queryKey: ["/quality/certificate-previews", goods], enabled: Boolean(goods.order || goods.lot), queryFn: ({ signal }) => api.postUntil<CertificatePreview>("/quality/certificate-previews", goods, signal),
});
export const check = (number: string, digest: string) => queryOptions({
  queryKey: ["/quality/certificate-check", number, digest], queryFn: ({ signal }) => api.get<CertificateCheck>("/quality/certificate-check", { number, digest }, signal),
});
