/**
 * Area destination: a storage area reached by its URI (N7, N8). It packages segments as SyncML documents, proves
 * each request by the device's key, and believes nothing that comes back: names, sizes, receipts and documents are
 * checked here, what is sealed in them by those who hold the keys.
 */
export {
  type AreaDestination,
  type AreaDestinationOptions,
  areaDestination,
  type Grants,
} from './destination.ts';
