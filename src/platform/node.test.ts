import { platformContract } from '../../test/contracts/platform.ts';
import { nodePlatform } from './node.ts';

platformContract('node', nodePlatform);
